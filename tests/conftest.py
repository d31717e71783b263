import os

#: These need a database with the apps of Odoo, see ``test_apps.py``.
collect_ignore = [] if os.environ.get("FUNNEL_TEST_APPS") else ["apps"]
