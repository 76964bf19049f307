"""Single changes of a run, each as another plan: a file per change, and `remedies.every` has all of them."""
