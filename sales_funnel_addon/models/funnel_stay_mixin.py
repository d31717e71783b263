from collections import defaultdict

from odoo import api, models
from odoo.tools import SQL

#: How a stay in a stage ended, or how it stands.
OUTCOMES = [
    ("here", "Still there"),
    ("aside", "Interrupted"),
    ("forward", "Went on"),
    ("back", "Went back"),
    ("deferred", "Deferred"),
    ("won", "Won"),
    ("lost", "Lost"),
    ("left", "Left the funnel"),
]


#: The kinds of moves that may go from a stage to another one and nowhere else.
PLAIN_KINDS = frozenset({"moved", "automatic", "override"})


class FunnelStayMixin(models.AbstractModel):
    """What became of each stay of a lead in a stage: kept with the move that began it, so that reports only count.

    A side stage decides nothing: a client who is not reached and then goes on has gone on from the stage before. A lead
    that is reopened begins a new stay, for the one before was lost. Whoever leaves a side stage for the road has gone
    on from there.
    """

    _name = "funnel.stay.mixin"
    _description = "Stays in Stages"

    # ------------------------------------------------------------
    # TIME IN THE STAGES
    # ------------------------------------------------------------

    def _compute_duration_tracking(self):
        """Leads of funnels have been in their stages as long as the stage history says, not counting while lost.

        Odoo counts from messages in the chatter, which leave when somebody deletes or merges them. That is how leads
        are told of which no history was kept, because their team was no funnel then.
        """
        funnels = self.env["crm.team"]._get_funnel_rules().funnels
        leads = self.filtered(lambda lead: lead.team_id.id in funnels)
        logs = leads._read_facts("stay")["stay"]
        known = leads.filtered(lambda lead: lead._origin.id in logs)
        for lead in known:
            [log] = logs[lead._origin.id]
            lead.duration_tracking = lead._count_time_in_stages(log)
        others = self - known
        return super(FunnelStayMixin, others)._compute_duration_tracking() if others else None

    def _count_time_in_stages(self, log):
        """Return for how many seconds this lead has been in each stage, by its id as text.

        :param log: of each move the kind, the stages from and to which it went, the hours spent before the first one,
            and the seconds until the next one, or until now
        """
        seconds, is_lost = defaultdict(float), False
        for number, (kind, from_stage_id, to_stage_id, hours, spent) in enumerate(log):
            is_lost = kind == "lost" or (is_lost and kind not in ("reopened", "won"))
            following = log[number + 1] if number + 1 < len(log) else None
            if not number and from_stage_id:
                seconds[from_stage_id] += hours * 3600
            # a merge brings in what other leads did, which have not moved this one
            stage_id = following[1] or to_stage_id if following else self.stage_id.id
            if stage_id and not (is_lost if following else self.won_status == "lost"):
                seconds[stage_id] += spent
        return {str(stage_id): int(spent) for stage_id, spent in seconds.items()}

    @api.model
    def _get_fact_queries(self):
        return {**super()._get_fact_queries(), "stay": self._select_stay_facts}

    @api.model
    def _select_stay_facts(self, lead_ids):
        return SQL(
            """SELECT 'stay', lead_id, jsonb_agg(
                          jsonb_build_array(kind, from_stage_id, to_stage_id, hours_in_stage, EXTRACT(EPOCH FROM spent))
                          ORDER BY date, id)
                 FROM (SELECT *, COALESCE(LEAD(date) OVER log, now() AT TIME ZONE 'UTC') - date AS spent
                         FROM funnel_move WHERE lead_id = ANY(%s)
                       WINDOW log AS (PARTITION BY lead_id ORDER BY date, id)) AS move
                GROUP BY lead_id""",
            lead_ids,
            to_flush=self.env["funnel.move"]._fields["lead_id"],
        )

    # ------------------------------------------------------------
    # WHAT BECAME OF STAYS
    # ------------------------------------------------------------

    def _follow_stays(self):
        """Write down what became of the stays of these leads, as the log of moves tells it.

        It is always read from the whole log of a lead, so that it is right after a merge as well. What is right already
        is not written again.
        """
        if self.ids:
            self.env["funnel.move"].flush_model()
            self.env.cr.execute(self._prepare_stays(SQL("stay.lead_id IN %s", self._ids)))
            self.env["funnel.move"].invalidate_model(["outcome", "left_date", "next_stage_id"], flush=False)

    @api.model
    def _begins_plain_stay(self, kind, from_stage_id, to_stage_id, from_team_id, to_team_id):
        """Tell whether a move begins a stay that is told by itself, unless the log before it is out of the ordinary.

        That is where a lead goes from one stage of its funnel to another, neither of which is a side stage or the last
        one: it ends the stay in the stage it leaves, and what was interrupted there. A new lead has nothing to end.
        """
        rules = self.env["crm.team"]._get_funnel_rules()
        stage_ids = {to_stage_id} if kind == "created" else {from_stage_id, to_stage_id}
        is_within = kind == "created" or (kind in PLAIN_KINDS and len(stage_ids) == 2 and from_team_id == to_team_id)
        stages = [rules.stages.get(stage_id) for stage_id in stage_ids]
        return (
            is_within
            and to_team_id in rules.funnels
            and all(stage and not (stage.is_won or stage.is_side_stage) for stage in stages)
        )

    @api.model
    def _prepare_ended_stays(self, added):
        """Return the statement that adds moves to the log and ends the stays that they end.

        It returns the ids of the leads of which the whole log has to be asked: those that were not in one stay where
        they come from, or that have other stays or losses that are not over. That comes of merges, and of teams and
        stages that were no funnels and no side stages before.

        :param SQL added: the statement that adds the moves; those that begin a plain stay have the outcome ``here``
        """
        return SQL(
            """WITH added AS (%(added)s RETURNING lead_id, from_stage_id, to_stage_id, to_team_id, date, outcome),
               ended AS (
                   UPDATE funnel_move AS stay
                      SET outcome = CASE WHEN %(there)s > %(here)s THEN 'forward' ELSE 'back' END,
                          left_date = COALESCE(stay.left_date, added.date),
                          next_stage_id = COALESCE(stay.next_stage_id, added.to_stage_id)
                     FROM added
                     JOIN crm_stage AS here ON here.id = added.from_stage_id
                     JOIN crm_stage AS there ON there.id = added.to_stage_id
                    WHERE added.outcome = 'here' AND stay.lead_id = added.lead_id AND %(left)s
                      AND stay.outcome IN ('here', 'aside'))
               SELECT added.lead_id FROM added LEFT JOIN funnel_move AS stay ON stay.lead_id = added.lead_id
                WHERE added.outcome = 'here' AND added.from_stage_id IS NOT NULL
                GROUP BY added.lead_id
               HAVING COUNT(*) FILTER (WHERE stay.outcome = 'here' AND %(left)s) != 1
                   OR BOOL_OR(stay.outcome IN ('here', 'aside') AND NOT %(left)s)
                   OR BOOL_OR((stay.outcome = 'left' OR stay.kind = 'lost') AND stay.left_date IS NULL)""",
            added=added,
            here=self._get_position("here"),
            there=self._get_position("there"),
            left=SQL("(stay.to_stage_id = added.from_stage_id AND stay.to_team_id = added.to_team_id)"),
        )

    @staticmethod
    def _get_position(alias):
        """Return the expression of the place of a stage in the order."""
        return SQL("(%(stage)s.sequence, %(stage)s.name->>'en_US', %(stage)s.id)", stage=SQL.identifier(alias))

    def _prepare_stays(self, where):
        """Return the statement that writes down what became of stays.

        :param SQL where: which moves, called ``stay``
        """
        return SQL(
            """UPDATE funnel_move AS move
                  SET outcome = told.outcome, left_date = told.left_date, next_stage_id = told.next_stage_id
                 FROM (%s) AS told
                WHERE told.id = move.id
                  AND (move.outcome, move.left_date, move.next_stage_id)
                      IS DISTINCT FROM (told.outcome, told.left_date, told.next_stage_id)""",
            self._select_stays(where),
        )

    def _select_stays(self, where):
        """Return the query of what became of stays: id of the move, outcome, when the lead left, and where to.

        A loss is followed up in the same way, but for its outcome: it lasts until the lead is reopened.
        """
        return SQL(
            """SELECT stay.id, CASE WHEN %(begins)s AND team.funnel_kind IS NOT NULL THEN %(outcome)s END AS outcome,
                      leave.left_date, leave.next_stage_id
                 FROM funnel_move AS stay
                 JOIN crm_lead AS lead ON lead.id = stay.lead_id
                 LEFT JOIN crm_stage AS stage ON stage.id = stay.to_stage_id
                 LEFT JOIN crm_team AS team ON team.id = stay.to_team_id
                 LEFT JOIN LATERAL (
                     SELECT later.date AS left_date, later.to_stage_id AS next_stage_id FROM funnel_move AS later
                      WHERE %(later)s AND (%(later_begins)s OR later.kind IN ('won', 'lost'))
                      ORDER BY later.date, later.id LIMIT 1) AS leave ON TRUE
                 LEFT JOIN LATERAL (
                     SELECT later.kind, later.to_team_id AS team_id, there.is_won, crossed.funnel_kind,
                            %(there)s AS position
                       FROM funnel_move AS later
                       LEFT JOIN crm_stage AS there ON there.id = later.to_stage_id
                       LEFT JOIN crm_team AS crossed ON crossed.id = later.to_team_id
                      WHERE %(later)s AND (
                          later.kind IN ('won', 'lost') OR later.to_team_id IS DISTINCT FROM stay.to_team_id
                          OR %(later_begins)s AND later.to_stage_id != stay.to_stage_id
                             AND there.is_side_stage IS NOT TRUE)
                      ORDER BY later.date, later.id LIMIT 1) AS next ON TRUE
                WHERE %(where)s AND (%(begins)s OR stay.kind = 'lost')""",
            begins=self._begins_stay("stay"),
            later_begins=self._begins_stay("later"),
            later=SQL("later.lead_id = stay.lead_id AND (later.date, later.id) > (stay.date, stay.id)"),
            there=self._get_position("there"),
            outcome=self._select_outcome(),
            where=where,
        )

    @staticmethod
    def _begins_stay(alias):
        """Return the condition that a move brings a lead into a stage."""
        return SQL(
            """(%(move)s.kind != 'lost' AND %(move)s.to_stage_id IS NOT NULL AND (
                   %(move)s.kind = 'reopened' OR %(move)s.from_stage_id IS DISTINCT FROM %(move)s.to_stage_id
                   OR %(move)s.from_team_id IS DISTINCT FROM %(move)s.to_team_id))""",
            move=SQL.identifier(alias),
        )

    @classmethod
    def _select_outcome(cls):
        """Return the expression of what became of a stay."""
        return SQL(
            """CASE WHEN stay.kind = 'won' OR stage.is_won THEN 'won'
                    WHEN next.kind IS NULL AND leave.left_date IS NOT NULL THEN 'aside'
                    WHEN next.kind IS NULL AND lead.stage_id IS DISTINCT FROM stay.to_stage_id THEN 'left'
                    WHEN next.kind IS NULL THEN 'here'
                    WHEN next.kind = 'lost' THEN 'lost'
                    WHEN next.kind = 'won' OR next.is_won THEN 'won'
                    WHEN next.team_id IS NOT DISTINCT FROM stay.to_team_id THEN
                        CASE WHEN stage.is_side_stage THEN 'forward'
                             WHEN next.position > %s THEN 'forward'
                             ELSE 'back' END
                    WHEN next.funnel_kind = 'deferred' THEN 'deferred'
                    WHEN team.funnel_kind = 'deferred' OR team.funnel_kind = 'lead' AND next.funnel_kind = 'deal'
                        THEN 'forward'
                    ELSE 'left' END""",
            cls._get_position("stage"),
        )
