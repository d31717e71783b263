from collections import defaultdict

from odoo import api, fields, models
from odoo.tools import SQL


class FunnelFactsMixin(models.AbstractModel):
    """What the records around a lead say of it: its tasks, attempts, reminders and reviews, read in one statement.

    Each concern of the lead adds its part of the statement and says what of it the board tells. The board reads one
    field of each card: a dozen fields, each with a query of its own, would make it half as slow again as the stock one.
    """

    _name = "funnel.facts.mixin"
    _description = "Facts about Leads"

    funnel_board_facts = fields.Json(
        "Facts on the Board",
        compute="_compute_funnel_board_facts",
        help="What the board shows on the card of this lead beside its own fields; empty for nothing.",
    )

    @api.depends(
        *("funnel_task_count", "funnel_task_done_count", "funnel_approval_state", "funnel_escalation"),
        *("funnel_contact_count", "funnel_contact_today_count", "funnel_quota_missing", "funnel_return_summary"),
        *("funnel_can_contact", "funnel_can_defer", "funnel_origin_team_id", "repeat_summary"),
        "create_date",  # since when the client of a repeat client is known
    )
    @api.depends_context("uid", "lang")
    def _compute_funnel_board_facts(self):
        told = defaultdict(dict)
        saved = self._origin
        saved._add_board_facts(saved._read_facts(), told)
        self.funnel_board_facts = False  # many cards have nothing to tell
        for lead in self if told else ():
            if lead._origin.id in told:
                lead.funnel_board_facts = told[lead._origin.id]

    def _add_board_facts(self, found, told):
        """Add what the board tells of these leads, which are saved.

        Only those of which something was found are looked at: a pass over all cards of a board takes its time.

        :param dict found: what :meth:`_read_facts` has found
        :param dict told: the facts of each lead by name, by the id of the lead; extended here
        """

    def _read_facts(self, *kinds):
        """Read what other records say of these leads, in one statement.

        :param kinds: which facts, see :meth:`_get_fact_queries`; by default all
        :returns: lists of facts by the id of the lead, by kind
        :rtype: dict
        """
        found = {kind: defaultdict(list) for kind in kinds}
        lead_ids = self._origin.ids
        if not lead_ids:
            return found or defaultdict(lambda: defaultdict(list))
        queries = self._get_fact_queries(lead_ids)
        found = {kind: defaultdict(list) for kind in kinds or queries}
        statement = SQL(" UNION ALL ").join(SQL("(%s)", queries[kind]) for kind in found)
        for kind, lead_id, *facts in self.env.execute_query(statement):
            found[kind][lead_id].append(facts[0])
        return found

    def _browse_found(self, lead_ids):
        """Return those of these leads, with their prefetching."""
        return self.browse(lead_ids).with_prefetch(self._prefetch_ids)

    @api.model
    def _get_fact_queries(self, lead_ids):
        """Return by kind the statements that select kind, lead and facts (a JSON array) of leads.

        Whoever sees the lead may know these facts; each statement writes what it reads before.
        """
        return {}
