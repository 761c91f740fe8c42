"""How a submission file of a stranger's is read: the gates before, in and after a child process."""
