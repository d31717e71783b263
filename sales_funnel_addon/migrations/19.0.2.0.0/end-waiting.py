from odoo import SUPERUSER_ID, api


def migrate(cr, version):
    """Do for the open leads of an earlier version what takes their models: when all of them are there."""
    env = api.Environment(cr, SUPERUSER_ID, {})
    _date_deferrals(env)


def _date_deferrals(env):
    """A deal that waits in a month waits for its first day, as the stage says, and has an activity then.

    It is the first such month since the deal came there; if that has begun already, the day on which the deal came.
    """
    env.cr.execute(
        """UPDATE crm_lead AS lead
              SET deferral_date = GREATEST(
                  waiting.since,
                  make_date(date_part('year', waiting.since)::int
                            + (waiting.month < date_part('month', waiting.since))::int, waiting.month, 1))
             FROM (SELECT lead.id, stage.deferral_month AS month,
                          COALESCE(max(move.date), lead.create_date)::date AS since
                     FROM crm_lead AS lead
                     JOIN crm_team AS team ON team.id = lead.team_id AND team.funnel_kind = 'deferred'
                     JOIN crm_stage AS stage ON stage.id = lead.stage_id AND stage.deferral_month BETWEEN 1 AND 12
                     LEFT JOIN funnel_move AS move ON move.lead_id = lead.id AND move.outcome = 'here'
                    WHERE lead.deferral_date IS NULL AND lead.active AND lead.won_status = 'pending'
                    GROUP BY lead.id, stage.id) AS waiting
            WHERE waiting.id = lead.id
        RETURNING lead.id"""
    )
    ids = [lead_id for (lead_id,) in env.cr.fetchall()]
    # an upgrade writes to nobody: the activities are in their calendars
    leads = env["crm.lead"].with_context(mail_activity_quick_update=True).browse(ids)
    leads._follow_with_deferral_activities(set(ids))
