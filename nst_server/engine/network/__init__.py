"""The pretrained network, its gradients, and how its functions are traced and compiled."""
