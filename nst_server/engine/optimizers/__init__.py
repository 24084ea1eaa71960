"""The optimizers Adam and L-BFGS, and the preconditioner of L-BFGS."""
