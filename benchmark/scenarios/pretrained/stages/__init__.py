"""What each kind of stage computes: pure functions of parameters, seed and parents."""
