"""What a body really is, its pixels under hard caps, and the stand-in for a hidden picture."""
