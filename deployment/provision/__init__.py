"""What `deployment/setup.py` does once it runs under Python 3.11."""
