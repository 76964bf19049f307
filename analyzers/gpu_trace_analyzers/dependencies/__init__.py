"""Which operations of a device need the results of which others? By the tensors in an execution trace of PyTorch."""
