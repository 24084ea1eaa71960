"""How a picture is moved by its gradient: Adam, L-BFGS and its preconditioner."""
