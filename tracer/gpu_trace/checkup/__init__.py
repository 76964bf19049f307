"""What will work on this machine, and what to do about the rest."""
