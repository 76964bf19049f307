"""What the work was: operations, operators, ranges on the host, steps, launches and copies, by what they took."""
