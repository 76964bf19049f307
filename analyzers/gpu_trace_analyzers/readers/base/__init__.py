"""What all readers share: the file, columns that grow, a Trace under construction, and several traces as one."""
