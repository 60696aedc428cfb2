"""What needs scikit-learn itself; nothing of it is imported until it is asked for."""
