def migrate(cr, version):
    """Drop the indexes of moves by one column: others do their work as well, and Odoo drops none by itself.

    What became of all stays is read from the log next: without statistics the database would read all of it for each
    move.
    """
    names = ", ".join(f"funnel_move__{name}_index" for name in ("lead_id", "to_stage_id", "to_team_id"))
    cr.execute(f"DROP INDEX IF EXISTS {names}")
    cr.execute("ANALYZE funnel_move, crm_lead")
