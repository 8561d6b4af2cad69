"""Dark or light."""
