from odoo import api, fields, models
from odoo.tools.sql import column_exists


class FunnelOriginMixin(models.AbstractModel):
    """The funnel into which a lead came first: what became of the requests of a month is counted by it."""

    _name = "funnel.origin.mixin"
    _description = "First Funnel of a Lead"

    funnel_origin_id = fields.Many2one(
        "crm.team",
        "First Funnel",
        compute="_compute_funnel_origin_id",
        store=True,
        ondelete="set null",
        help="The funnel into which the lead came first. It stays the same when the lead is converted or handed over.",
    )

    # cohorts are chosen by funnel and period
    _funnel_origin = models.Index("(funnel_origin_id, create_date) WHERE funnel_origin_id IS NOT NULL")

    @api.depends("team_id")
    def _compute_funnel_origin_id(self):
        funnels = self.env["crm.team"]._get_funnel_rules().funnels
        for lead in self:
            if not lead.funnel_origin_id and lead.team_id.id in funnels:
                lead.funnel_origin_id = lead.team_id

    def _auto_init(self):
        """Take what leads came into first from the log, in one statement instead of lead by lead."""
        if self._abstract or column_exists(self.env.cr, self._table, "funnel_origin_id"):
            return super()._auto_init()
        self.env.cr.execute("ALTER TABLE crm_lead ADD COLUMN funnel_origin_id integer")
        self.pool.post_init(self._find_all_origins)
        return super()._auto_init()

    def _find_all_origins(self):
        self.env.cr.execute(
            """UPDATE crm_lead AS lead SET funnel_origin_id = first.team_id
                 FROM (SELECT DISTINCT ON (move.lead_id) move.lead_id, team.id AS team_id
                         FROM funnel_move AS move
                         JOIN crm_team AS team ON team.id = move.to_team_id AND team.funnel_kind IS NOT NULL
                        ORDER BY move.lead_id, move.date, move.id) AS first
                WHERE first.lead_id = lead.id"""
        )
