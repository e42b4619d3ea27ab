"""What is said: care protocols, texts in every language, and what words mean. Pure."""
