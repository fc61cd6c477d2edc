"""The pages that set a device up, and the server that shows them."""
