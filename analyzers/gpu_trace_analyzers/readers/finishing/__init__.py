"""What is done to a trace of any format once it is read: doubtful times, CPUs as devices, windows."""
