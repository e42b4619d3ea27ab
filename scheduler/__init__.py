"""What is owed: to whom, when, and what came of it."""
