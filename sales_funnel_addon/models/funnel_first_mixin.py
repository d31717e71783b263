from odoo import api, fields, models
from odoo.tools.sql import column_exists


class FunnelFirstMixin(models.AbstractModel):
    """The funnel into which a lead came first: what became of the requests of a month is counted by it."""

    _name = "funnel.first.mixin"
    _description = "First Funnel of a Lead"

    first_funnel_id = fields.Many2one(
        "crm.team",
        compute="_compute_first_funnel_id",
        store=True,
        ondelete="set null",
        help="The funnel into which the lead came first. It stays the same when the lead is converted or handed over.",
    )

    # cohorts are chosen by funnel and period
    # what has become of them is counted without reading the leads
    _first_funnel = models.Index(
        "(first_funnel_id, create_date) INCLUDE (source_id, type, won_status, lost_reason_id, user_id, company_id, id) "
        "WHERE first_funnel_id IS NOT NULL"
    )

    @api.depends("team_id")
    def _compute_first_funnel_id(self):
        funnels = self.env["crm.team"]._get_funnel_rules().funnels
        for lead in self:
            if not lead.first_funnel_id and lead.team_id.id in funnels:
                lead.first_funnel_id = lead.team_id

    def _auto_init(self):
        """Take what leads came into first from the log, in one statement instead of lead by lead."""
        if self._abstract or column_exists(self.env.cr, self._table, "first_funnel_id"):
            return super()._auto_init()
        self.env.cr.execute("ALTER TABLE crm_lead ADD COLUMN first_funnel_id integer")
        self.pool.post_init(self._find_first_funnels)
        return super()._auto_init()

    def _find_first_funnels(self):
        self.env.cr.execute(
            """UPDATE crm_lead AS lead SET first_funnel_id = first.team_id
                 FROM (SELECT DISTINCT ON (move.lead_id) move.lead_id, team.id AS team_id
                         FROM funnel_move AS move
                         JOIN crm_team AS team ON team.id = move.to_team_id AND team.funnel_kind IS NOT NULL
                        ORDER BY move.lead_id, move.date, move.id) AS first
                WHERE first.lead_id = lead.id"""
        )
