"""What saved views show: whether it is still there, its figures, and two of them compared."""
