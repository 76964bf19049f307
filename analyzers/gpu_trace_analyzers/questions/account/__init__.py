"""Where did the time of a device go? Every nanosecond has one owner, and every loss a cause."""
