from collections import defaultdict

from odoo import api, fields, models
from odoo.tools import SQL


class FunnelTimerLadderMixin(models.AbstractModel):
    """What becomes of an escalation during an outage: its rungs are not told one after the other but at once.

    The rungs of a ladder are the reminders of one stage that count from the same and do nothing but tell people. A rung
    stands in for those below it only if it means all the leads that they mean.
    """

    _name = "funnel.timer.ladder.mixin"
    _description = "Ladders of Reminders"

    def _collapse_ladders(self):
        """Return the timers without those that a later rung of the same ladder has overtaken."""
        rules = self.env["crm.team"]._get_funnel_rules()
        telling = self.filtered(lambda timer: rules.reminders[timer.reminder_id.id].only_tells)
        if not telling:
            return self
        rungs = {
            reminder_id: tuple(
                higher.id
                for higher in self._get_ladder(reminder_id)
                if higher.stands_in_for(rules.reminders[reminder_id])
            )
            for reminder_id in {timer.reminder_id.id for timer in telling}
        }
        rows = SQL(", ").join(
            SQL("(%s, %s, %s::int[])", timer.id, timer.lead_id.id, list(rungs[timer.reminder_id.id]))
            for timer in telling
        )
        overtaken = SQL(
            """SELECT timer.id FROM (VALUES %s) AS mine (id, lead_id, rungs)
                 JOIN funnel_timer AS timer ON timer.id = mine.id
                WHERE EXISTS (
                    SELECT 1 FROM funnel_timer AS later
                     WHERE later.lead_id = mine.lead_id AND later.reminder_id = ANY(mine.rungs)
                       AND later.anchor_at = timer.anchor_at AND later.state = 'armed'
                       AND later.due_at > timer.due_at AND later.due_at <= %s)""",
            rows,
            fields.Datetime.now(),
        )
        collapsed = self.browse(timer_id for (timer_id,) in self.env.execute_query(overtaken))
        (collapsed | self._lock_lower_rungs(rows))._finish("collapsed")
        return self - collapsed

    def _lock_lower_rungs(self, rows):
        """Return the lower rungs that another worker has begun to fire, once it has come to an end.

        If it has finished, this transaction begins again and finds them done. If it has died, nobody else would know
        that they have been told together with these.

        :param SQL rows: ids of a timer and its lead, and the ids of the other rungs
        """
        lower = SQL(
            """SELECT lower.id FROM (VALUES %s) AS mine (id, lead_id, rungs)
                 JOIN funnel_timer AS timer ON timer.id = mine.id
                 JOIN funnel_timer AS lower ON lower.lead_id = mine.lead_id AND lower.reminder_id = ANY(mine.rungs)
                  AND lower.anchor_at = timer.anchor_at AND lower.state = 'armed' AND lower.due_at < timer.due_at
                WHERE lower.id != ALL(%s) FOR UPDATE OF lower""",
            rows,
            self.ids,
        )
        return self.browse(timer_id for (timer_id,) in self.env.execute_query(lower))

    @api.model
    def _get_ladder(self, reminder_id):
        """Return the other rungs of the ladder to which a reminder belongs; one that does more belongs to none."""
        rules = self.env["crm.team"]._get_funnel_rules()
        rung = rules.reminders[reminder_id]
        if not rung.only_tells:
            return []
        return [
            other
            for other in rules.stages[rung.stage_id].reminders
            if other.only_tells and other.anchor == rung.anchor and other.id != rung.id
        ]

    def _get_overtaken_roles(self):
        """Return the ids of the roles that the overtaken rungs below these timers would have told, by timer id."""
        rules = self.env["crm.team"]._get_funnel_rules()
        rungs = {
            rung.id
            for reminder_id in {timer.reminder_id.id for timer in self}
            for rung in self._get_ladder(reminder_id)
            if rules.reminders[reminder_id].stands_in_for(rung)
        }
        if not rungs:
            return {}
        query = SQL(
            """SELECT timer.id, lower.reminder_id FROM funnel_timer AS timer
                 JOIN funnel_timer AS lower ON lower.lead_id = timer.lead_id AND lower.anchor_at = timer.anchor_at
                  AND lower.due_at < timer.due_at
                  AND (lower.state = 'armed' OR (lower.state = 'collapsed' AND lower.fired_at >= timer.due_at))
                WHERE timer.id IN %s AND lower.reminder_id IN %s""",
            self._ids,
            tuple(rungs),
        )
        roles = defaultdict(set)
        for timer_id, reminder_id in self.env.execute_query(query):
            roles[timer_id].update(rules.reminders[reminder_id].role_ids)
        return roles
