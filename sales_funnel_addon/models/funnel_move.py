from odoo import api, fields, models
from odoo.tools import SQL
from odoo.tools.sql import column_exists

from .funnel_stay_mixin import OUTCOMES


class FunnelMove(models.Model):
    """One event in the life of a lead in the funnels: created, moved, won, lost … Nobody writes or deletes these.

    A move that brings a lead into a stage begins a stay there; what became of it is added by the engine.
    """

    _name = "funnel.move"
    _inherit = ["funnel.follows.lead.mixin"]
    _description = "Stage Move"
    _order = "date desc, id desc"
    _rec_name = "lead_id"
    _log_access = False

    lead_id = fields.Many2one("crm.lead", required=True, ondelete="cascade", readonly=True)
    kind = fields.Selection(
        [
            ("created", "Created"),
            ("moved", "Moved"),
            ("automatic", "Automatic"),
            ("override", "Overridden"),
            ("converted", "Converted"),
            ("deferred", "Deferred"),
            ("resumed", "Resumed"),
            ("won", "Won"),
            ("lost", "Lost"),
            ("reopened", "Reopened"),
            ("relisted", "Moved to another list"),
        ],
        required=True,
        readonly=True,
    )
    from_stage_id = fields.Many2one("crm.stage", "From", ondelete="set null", readonly=True)
    to_stage_id = fields.Many2one("crm.stage", "To", ondelete="set null", readonly=True)
    from_team_id = fields.Many2one("crm.team", "From Funnel", ondelete="set null", readonly=True)
    to_team_id = fields.Many2one("crm.team", "To Funnel", ondelete="set null", readonly=True)
    user_id = fields.Many2one("res.users", "By", ondelete="set null", readonly=True)
    date = fields.Datetime(required=True, index=True, readonly=True)
    hours_in_stage = fields.Float(
        "Hours in Previous Stage",
        aggregator="avg",
        readonly=True,
        help="Calendar hours from entering the previous stage.",
    )
    lost_reason_id = fields.Many2one("crm.lost.reason", ondelete="set null", index="btree_not_null", readonly=True)
    reason = fields.Text(readonly=True, help="Why: the reason and comment of a loss, or of an override.")
    outcome = fields.Selection(
        OUTCOMES,
        "What Became of It",
        readonly=True,
        help="How the stay in the stage ended that began with this move. Empty: no stay began with it. A lead that is "
        "in a side stage, or back from there, has not decided yet: its stay before that is interrupted.",
    )
    left_date = fields.Datetime(
        "Left On", readonly=True, help="When the lead left the stage again; of a loss, when the lead was reopened."
    )
    next_stage_id = fields.Many2one("crm.stage", ondelete="set null", readonly=True)

    # dashboard and reports are counted without reading the table: what happened to a lead is scattered all over it
    _lead = models.Index(
        "(lead_id, date, id) INCLUDE (kind, from_stage_id, to_stage_id, to_team_id, outcome, left_date, lost_reason_id)"
    )
    _stays = models.Index("(to_team_id, date) INCLUDE (to_stage_id, outcome, left_date) WHERE outcome IS NOT NULL")
    _stage_date = models.Index(
        "(to_stage_id, date, id) INCLUDE (from_stage_id, to_team_id, outcome, lead_id) WHERE to_stage_id IS NOT NULL"
    )
    _lost_date = models.Index("(date) INCLUDE (to_team_id, lead_id, left_date, lost_reason_id) WHERE kind = 'lost'")

    def _auto_init(self):
        """Tell of the stays of an earlier version what became of them."""
        is_new = not column_exists(self.env.cr, self._table, "outcome")
        result = super()._auto_init()
        if is_new:
            self.pool.post_init(self._follow_all_stays)
        return result

    @api.model
    def _follow_all_stays(self):
        self.env.flush_all()
        self.env.cr.execute(self.env["crm.lead"]._prepare_stays(SQL("TRUE")))
