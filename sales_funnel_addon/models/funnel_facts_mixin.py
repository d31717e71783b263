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
        :returns: the facts
        """
        return told

    # ------------------------------------------------------------
    # LISTS ON THE FORM
    # ------------------------------------------------------------

    def web_read(self, specification):
        """Read what the web client asks for; which lists of a form have no rows is asked once for all of them."""
        if len(self) == 1 and self.id:
            self._note_empty_lists(specification)
        return super().web_read(specification)

    def _note_empty_lists(self, names):
        """Let the cache know which of these lists of this lead, other than the stock ones, have no rows at all.

        Most lists of most leads are empty, and each would cost a query with the rights of its reader. Lists with rows
        are read as ever.
        """
        lists = [field for name in names if (field := self._fields.get(name)) and self._is_own_list(field)]
        lists = [field for field in lists if self.id not in field._get_cache(self.env)]
        if len(lists) > 1:
            statement = SQL(" UNION ALL ").join(self._select_list_with_rows(field) for field in lists)
            with_rows = {name for (name,) in self.env.execute_query(statement)}
            for field in lists:
                if field.name not in with_rows:
                    field._insert_cache(self, [()])

    @api.model
    def _is_own_list(self, field):
        """Tell whether a list is of rows of the addon that a statement can look for."""
        if not field.comodel_name or not field.comodel_name.startswith("funnel."):
            return False
        if field.type == "one2many":
            inverse = self.env[field.comodel_name]._fields.get(field.inverse_name)
            return bool(inverse and inverse.store)
        return field.type == "many2many" and field.store

    def _select_list_with_rows(self, field):
        """Return the statement that selects the name of the list if this lead has any row in it."""
        if field.type == "many2many":
            table, column, read = field.relation, field.column1, field
        else:
            comodel = self.env[field.comodel_name]
            table, column, read = comodel._table, field.inverse_name, comodel._fields[field.inverse_name]
        return SQL(
            "SELECT %s WHERE EXISTS (SELECT FROM %s WHERE %s = %s)",
            field.name,
            SQL.identifier(table),
            SQL.identifier(column),
            self.id,
            to_flush=read,
        )

    # ------------------------------------------------------------
    # FACTS
    # ------------------------------------------------------------

    def _compute_funnel_facts(self):
        """Compute what forms show together of attempts and reviews.

        :returns: what :meth:`_read_facts` has found
        """
        return self._read_facts("contact", "return")

    def _read_facts(self, *kinds):
        """Read what other records say of these leads, in one statement.

        :param kinds: which facts, see :meth:`_get_fact_queries`; by default all
        :returns: lists of facts by the id of the lead, by kind
        :rtype: dict
        """
        lead_ids = self._origin.ids
        queries = self._get_fact_queries(lead_ids)
        found = {kind: defaultdict(list) for kind in kinds or queries}
        if lead_ids:
            statement = SQL(" UNION ALL ").join(SQL("(%s)", queries[kind]) for kind in found)
            for kind, lead_id, facts in self.env.execute_query(statement):
                found[kind][lead_id].append(facts)
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
