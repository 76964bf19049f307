"""Jobs of many ranks: each rank is read alone, at most some hundred kilobytes of it are kept, and these add up."""
