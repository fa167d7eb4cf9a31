"""The same orders through Lightning and through other engines that pip installs."""
