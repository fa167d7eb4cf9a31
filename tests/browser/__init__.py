"""The page in a browser: Debian's Chromium, driven by playwright, on a real `lightning serve`."""
