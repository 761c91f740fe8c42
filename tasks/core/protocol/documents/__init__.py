"""What is published, and what an operator keeps, as typed documents: a module a subject."""
