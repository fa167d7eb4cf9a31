"""What a notebook shows, in a real JupyterLab in Chromium."""
