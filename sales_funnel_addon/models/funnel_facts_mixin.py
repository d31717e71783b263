from collections import defaultdict

from odoo import api, fields, models
from odoo.tools import SQL, ormcache

#: Which facts the board tells, see :meth:`FunnelFactsMixin._get_fact_queries`.
BOARD_FACTS = ("task", "contact", "escalation", "review")
#: Which facts are behind the fields of the form, by the method that computes them.
FORM_FACTS = {"_compute_funnel_facts": ("contact", "review", "timer"), "_compute_duration_tracking": ("stay",)}
#: Where the transaction keeps what was read ahead for the form that is being read.
AHEAD = "funnel_facts_ahead"
#: No lead, no kinds of facts, no facts.
NOTHING_AHEAD = (False, frozenset(), {})


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
        help="What the board shows on the card of this lead beside what all of them have; empty for nothing.",
    )

    @api.depends(
        *("funnel_task_count", "funnel_task_done_count", "funnel_approval_state", "funnel_escalation"),
        *("funnel_contact_count", "funnel_contact_today_count", "funnel_quota_missing", "funnel_return_summary"),
        *("funnel_can_contact", "funnel_can_defer", "funnel_origin_team_id", "repeat_summary"),
        *("measurement_date", "measurement_state", "rhythm_date", "funnel_case_type_id"),
        "create_date",  # since when the client of a repeat client is known
    )
    @api.depends_context("uid", "lang")
    def _compute_funnel_board_facts(self):
        told = defaultdict(dict)
        saved = self._origin
        saved._add_board_facts(saved._read_facts(*BOARD_FACTS), told)
        self.funnel_board_facts = False  # many cards have nothing to tell
        for lead in self.browse(id_ for id_ in self._ids if (id_ or id_.origin) in told):
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
    # FORM
    # ------------------------------------------------------------

    def web_read(self, specification):
        """Read what the web client asks for; what a form shows of other records is read at once before."""
        if len(self) != 1 or not self.id:
            return super().web_read(specification)
        before = self.env.cr.cache.pop(AHEAD, NOTHING_AHEAD)
        self.env.cr.cache[AHEAD] = self._read_ahead(specification)
        try:
            return super().web_read(specification)
        finally:
            self.env.cr.cache[AHEAD] = before

    def _read_ahead(self, names):
        """Read what these fields of this lead tell of other records in one statement, as far as it is not known yet.

        That is its facts, and which of its lists, other than the stock ones, have no rows at all. Most lists of most
        leads are empty, and each would cost a query with the rights of its reader. Lists with rows are read as ever.

        :returns: the id of the lead, which kinds of facts were read, and what :meth:`_read_facts` has found
        """
        kinds_by_name = self._get_kinds_ahead()
        asked = [self._fields[name] for name in kinds_by_name.keys() & set(names)]
        unknown = [field for field in asked if self.id not in field._get_cache(self.env)]
        lists = [field for field in unknown if not kinds_by_name[field.name]]
        kinds = {kind for field in unknown for kind in kinds_by_name[field.name]}
        if len(unknown) < 2:
            return NOTHING_AHEAD
        found = self._read_facts(*kinds, more=[self._select_list_with_rows(field) for field in lists])
        for field in lists:
            if field.name not in found["list"][self.id]:
                field._insert_cache(self, [()])
        return self.id, kinds, found

    @api.model
    @ormcache()
    def _get_kinds_ahead(self):
        """Return the fields of which something is read ahead: the kinds of their facts by name, none for lists."""
        return {
            name: FORM_FACTS.get(field.compute, ())
            for name, field in self._fields.items()
            if field.compute in FORM_FACTS or self._is_own_list(field)
        }

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
            "SELECT 'list', %s, to_jsonb(%s::text) WHERE EXISTS (SELECT FROM %s WHERE %s = %s)",
            self.id,
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
        """Compute what forms show together of attempts, reviews and reminders.

        :returns: what :meth:`_read_facts` has found
        """
        return self._read_facts(*FORM_FACTS["_compute_funnel_facts"])

    def _read_facts(self, *kinds, more=()):
        """Read what other records say of these leads, in one statement.

        :param kinds: which facts, see :meth:`_get_fact_queries`
        :param more: further statements of this form
        :returns: lists of facts by the id of the lead, by kind; there may be facts of other kinds as well
        :rtype: dict
        """
        lead_ids = self._origin.ids
        ahead_id, ahead_kinds, found = self.env.cr.cache.get(AHEAD, NOTHING_AHEAD)
        if not more and lead_ids == [ahead_id] and ahead_kinds.issuperset(kinds):
            return found
        queries, found = self._get_fact_queries(), defaultdict(lambda: defaultdict(list))
        # as one text: the ids of a board, each a value of its own in each statement, would take longer than the answer
        ids = SQL("string_to_array(%s, ',')::int[]", ",".join(map(str, lead_ids)))
        statements = [*(queries[kind](ids) for kind in kinds), *more]
        if lead_ids and statements:
            union = SQL(" UNION ALL ").join(SQL("(%s)", statement) for statement in statements)
            for kind, lead_id, facts in self.env.execute_query(union):
                found[kind][lead_id].append(facts)
        return found

    def _get_stored(self, name):
        """Return what stands in a stored field of each of these leads, in their order; ids of what it links to.

        To go through the cards of a board and to make a record of each and of what it links to takes ten times longer.
        """
        field = self._fields[name]
        self._recompute_field(field)
        cache = field._get_cache(self.env)
        for lead_id in field._cache_missing_ids(self):
            self._browse_found([lead_id])[name]  # read with all the others
        if all(self._ids):
            return [cache[lead_id] for lead_id in self._ids]
        values = [lead[name] for lead in self]  # of leads that are not saved the cache knows too little
        return [value.id for value in values] if field.type == "many2one" else values

    def _browse_found(self, lead_ids):
        """Return those of these leads, with their prefetching."""
        return self.browse(lead_ids).with_prefetch(self._prefetch_ids)

    @api.model
    def _get_fact_queries(self):
        """Return by kind of facts the function that makes the statement for the ids of leads, an array in SQL.

        The statements select kind, lead and a fact as JSON. Whoever sees the lead may know these facts; each
        statement writes what it reads before.
        """
        return {}
