"""Recording a script, from the parent's side: launch it, wait for its end, and put what it left into a run folder."""
