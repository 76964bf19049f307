"""How much slower is an operation beside others: by the trace itself, by measured tables, or within which bounds?"""
