def migrate(cr, version):
    """Drop the indexes of moves without the date: those with it do their work, and Odoo drops none by itself."""
    cr.execute("DROP INDEX IF EXISTS funnel_move__to_stage_id_index, funnel_move__to_team_id_index")
