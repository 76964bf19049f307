"""What is kept of ranks: columns of exact integers, a module for each table, that add up in any order."""
