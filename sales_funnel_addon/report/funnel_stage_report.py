from odoo import fields, models
from odoo.tools import SQL

from ..models.funnel_stay_mixin import OUTCOMES


class FunnelStageReport(models.Model):
    """One stay of a lead in a stage, from coming in to leaving, and what became of it."""

    _name = "funnel.stage.report"
    _inherit = ["funnel.report.mixin"]
    _description = "Stages Analysis"
    _auto = False
    _depends = {
        "funnel.move": ["lead_id", "date", "to_team_id", "to_stage_id", "next_stage_id", "left_date", "outcome"],
        "crm.lead": ["user_id", "source_id", "medium_id", "funnel_list_id"],
    }

    date = fields.Datetime("Entered On", readonly=True)
    left_date = fields.Datetime("Left On", readonly=True)
    team_id = fields.Many2one("crm.team", "Funnel", readonly=True)
    stage_id = fields.Many2one("crm.stage", readonly=True)
    next_stage_id = fields.Many2one("crm.stage", readonly=True)
    outcome = fields.Selection(OUTCOMES, "What Became of It", readonly=True)
    user_id = fields.Many2one("res.users", "Salesperson", readonly=True, help="Who is responsible for the lead now.")
    source_id = fields.Many2one("utm.source", readonly=True)
    medium_id = fields.Many2one("utm.medium", "Intake Form", readonly=True)
    funnel_list_id = fields.Many2one("funnel.list", "Cold List", readonly=True)
    entered_count = fields.Integer("Times Entered", readonly=True)
    went_on_count = fields.Integer("Times Gone On", readonly=True, help="To a later stage, converted or won.")
    back_count = fields.Integer("Times Gone Back", readonly=True)
    lost_count = fields.Integer("Losses in the Stage", readonly=True)
    deferred_count = fields.Integer("Times Deferred", readonly=True)
    open_count = fields.Integer("Undecided", readonly=True, help="Still in the stage, or beside it in a side stage.")
    went_on_share = fields.Float(
        "Stage Conversion",
        aggregator="avg",
        readonly=True,
        help="The share of those that came in and went on. Those that are still there have not gone on yet.",
    )
    hours_in_stage = fields.Float(
        aggregator="avg", readonly=True, help="Calendar hours from coming in to leaving; empty as long as it is there."
    )

    def _select(self):
        return SQL(
            """move.id, move.lead_id, move.date, move.left_date, move.to_team_id AS team_id,
               move.to_stage_id AS stage_id, move.next_stage_id, move.outcome,
               lead.user_id, lead.source_id, lead.medium_id, lead.funnel_list_id,
               1 AS entered_count,
               (move.outcome IN ('forward', 'won'))::int AS went_on_count,
               (move.outcome = 'back')::int AS back_count,
               (move.outcome = 'lost')::int AS lost_count,
               (move.outcome = 'deferred')::int AS deferred_count,
               (move.outcome IN ('here', 'aside'))::int AS open_count,
               (move.outcome IN ('forward', 'won'))::int::float AS went_on_share,
               date_part('epoch', move.left_date - move.date) / 3600 AS hours_in_stage"""
        )

    def _from(self):
        return SQL("funnel_move AS move LEFT JOIN crm_lead AS lead ON lead.id = move.lead_id")

    def _where(self):
        return SQL("move.outcome IS NOT NULL")
