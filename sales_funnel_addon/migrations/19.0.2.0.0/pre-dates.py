from odoo.tools import SQL

#: The tables that get columns which are computed: Odoo would have changed every row, just now.
TABLES = ("crm_lead", "res_partner")


def migrate(cr, version):
    """Keep when and by whom leads and contacts were changed last, for ``post-dates`` to say it again."""
    for table in TABLES:
        cr.execute(
            SQL(
                "CREATE TABLE IF NOT EXISTS %s AS SELECT id, write_uid, write_date FROM %s",
                SQL.identifier(f"funnel_upgrade_{table}"),
                SQL.identifier(table),
            )
        )
