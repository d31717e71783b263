def migrate(cr, version):
    """Drop the indexes of moves without the date: those with it do their work, and Odoo drops none by itself.

    What became of all stays is read from the log next: without statistics the database would read all of it for each
    move.
    """
    cr.execute("DROP INDEX IF EXISTS funnel_move__to_stage_id_index, funnel_move__to_team_id_index")
    cr.execute("ANALYZE funnel_move, crm_lead")
