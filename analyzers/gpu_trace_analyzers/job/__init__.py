"""Jobs of many ranks: each rank is read alone, what matters of it is kept in a few kilobytes, and these add up."""
