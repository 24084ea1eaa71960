"""What the user asked for: procedure arguments, styles, and what is remembered of them."""
