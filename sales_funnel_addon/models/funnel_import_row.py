import json

from odoo import api, fields, models
from odoo.tools import SQL

from ..tools.client_keys import rows_with_keys


class FunnelImportRow(models.Model):
    """One row of an imported table: what stands in it, and what has become of it."""

    _name = "funnel.import.row"
    _description = "Row of an Import"
    _order = "import_id, number"
    _rec_name = "number"
    _log_access = False

    import_id = fields.Many2one("funnel.import", required=True, readonly=True, ondelete="cascade")
    number = fields.Integer("Row", required=True, readonly=True, aggregator=None, help="Counted as in the file.")
    cells = fields.Json(readonly=True)
    content = fields.Char("What It Says", compute="_compute_content")
    state = fields.Selection(
        [
            ("ok", "Can be created"),
            ("created", "Created"),
            ("duplicate_row", "Twice in the file"),
            ("duplicate_known", "Known client"),
            ("invalid", "Invalid"),
            ("undone", "Deleted again"),
        ],
        "What Becomes of It",
        readonly=True,
    )
    message = fields.Text("Why", readonly=True)
    lead_id = fields.Many2one("crm.lead", readonly=True, ondelete="set null", index="btree_not_null")
    client_keys = fields.Char("Phones and Emails", readonly=True)
    is_repeated = fields.Boolean(readonly=True, help="The client stands in another row as well.")

    _number = models.UniqueIndex("(import_id, number)", "Each row of a table is imported once.")
    _undecided = models.Index("(import_id, is_repeated, number) WHERE state IS NULL")
    _client_keys = models.Index("USING gin (string_to_array(client_keys, ' ')) WITH (fastupdate = off)")

    @api.depends("cells")
    def _compute_content(self):
        for row in self:
            row.content = " · ".join(filter(None, row.cells or ()))[:300]

    # ------------------------------------------------------------
    # MANY AT ONCE
    # ------------------------------------------------------------

    @api.model
    def _insert(self, job, rows):
        """Add rows as they stand in the file, in one statement; those that are there already stay as they are.

        :param rows: the number of each, the list of its cells, and the keys of its client
        """
        values = [SQL("(%s, %s, %s::jsonb, %s, FALSE)", job.id, row[0], json.dumps(row[1]), row[2]) for row in rows]
        if values:
            self.env.cr.execute(
                SQL(
                    """INSERT INTO funnel_import_row (import_id, number, cells, client_keys, is_repeated)
                       VALUES %s ON CONFLICT DO NOTHING""",
                    SQL(", ").join(values),
                )
            )

    @api.model
    def _mark_repeated(self, job):
        """Mark the rows whose clients stand in other rows as well: they have to wait for each other."""
        self.env.cr.execute(
            SQL(
                """WITH keyed AS (
                       SELECT id, unnest(string_to_array(client_keys, ' ')) AS key FROM funnel_import_row
                        WHERE import_id = %s),
                   shared AS (SELECT key FROM keyed GROUP BY key HAVING count(*) > 1)
                   UPDATE funnel_import_row SET is_repeated = TRUE
                    WHERE id IN (SELECT id FROM keyed JOIN shared USING (key))""",
                job.id,
            )
        )
        self.invalidate_model(["is_repeated"], flush=False)

    @api.model
    def _has_single_clients(self, job):
        """Tell whether rows are undecided whose clients stand in no other row."""
        rows = "SELECT 1 FROM funnel_import_row WHERE import_id = %s AND NOT is_repeated AND state IS NULL LIMIT 1"
        return bool(self.env.execute_query(SQL(rows, job.id)))

    @api.model
    def _claim(self, job, limit, *, is_repeated):
        """Return the next undecided rows that no other worker is at, locked until the transaction ends.

        :param int limit: how many rows
        :param bool is_repeated: which rows: those of clients that stand there more than once, or the others
        :returns: pairs of a number and a list of cells
        :raises psycopg2.errors.SerializationFailure: when another worker has just decided one of them
        """
        query = SQL(
            """SELECT number, cells FROM funnel_import_row
                WHERE import_id = %s AND is_repeated = %s AND state IS NULL
                ORDER BY number LIMIT %s FOR NO KEY UPDATE SKIP LOCKED""",
            job.id,
            is_repeated,
            limit,
        )
        self.env.cr.execute(query, log_exceptions=False)  # workers come in each other's way now and then
        return self.env.cr.fetchall()

    @api.model
    def _count_by_state(self, jobs):
        """Return how many rows of imports have which verdict, by state, by the id of the import."""
        counts = {job_id: {} for job_id in jobs.ids}
        if counts:
            query = """SELECT import_id, state, count(*) FROM funnel_import_row
                        WHERE import_id = ANY(%s) AND state IS NOT NULL GROUP BY import_id, state"""
            for job_id, state, count in self.env.execute_query(SQL(query, list(counts))):
                counts[job_id][state] = count
        return counts

    @api.model
    def _fetch_after(self, job, number, limit, states=None):
        """Return the next rows of an import: tuples of number, cells, state, message and id of the lead.

        :param int number: after which row
        :param int limit: how many rows
        :param states: with which verdicts; by default with any or none
        """
        condition = SQL("state = ANY(%s)", list(states)) if states else SQL("TRUE")
        return self.env.execute_query(
            SQL(
                """SELECT number, cells, state, message, lead_id FROM funnel_import_row
                    WHERE import_id = %s AND number > %s AND %s ORDER BY number LIMIT %s""",
                job.id,
                number,
                condition,
                limit,
            )
        )

    @api.model
    def _write_verdicts(self, job, verdicts):
        """Write what has become of rows, in one statement.

        :param list verdicts: those of the rows, see :class:`~sales_funnel_addon.tools.import_rows.Verdict`
        """
        if not verdicts:
            return
        columns = zip(*((v.number, v.state, v.message, v.lead_id) for v in verdicts), strict=True)
        numbers, states, messages, leads = (list(column) for column in columns)
        self.env.cr.execute(
            SQL(
                """UPDATE funnel_import_row AS row
                      SET state = new.state, message = new.message, lead_id = new.lead_id
                     FROM unnest(%s::integer[], %s::text[], %s::text[], %s::integer[])
                          AS new (number, state, message, lead_id)
                    WHERE row.import_id = %s AND row.number = new.number""",
                *(numbers, states, messages, leads, job.id),
            )
        )
        self.invalidate_model(flush=False)
        job._forget_counts()

    @api.model
    def _find_earlier(self, job, keys):
        """Return which rows that are, or would be, leads hold each of the keys: numbers by key."""
        rows = self.env.execute_query(
            SQL(
                """SELECT number, client_keys FROM funnel_import_row
                    WHERE id = ANY(%s) AND import_id = %s AND state IN ('ok', 'created')
                    ORDER BY number""",
                rows_with_keys(self._table, keys),
                job.id,
            )
        )
        found = {}
        for number, text in rows:
            for key in text.split():
                found.setdefault(key, number)
        return found

    @api.model
    def _forget(self, job):
        """Delete the rows of an import, to read its file anew."""
        self.env.cr.execute(SQL("DELETE FROM funnel_import_row WHERE import_id = %s", job.id))
        self.invalidate_model(flush=False)
        job._forget_counts()
