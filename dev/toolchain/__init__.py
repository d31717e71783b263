"""What stands behind the commands in ``dev/``: from a bare Debian machine to a running Odoo 19."""
