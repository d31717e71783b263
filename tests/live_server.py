"""A real Odoo server process on a database of its own, and people who work with it over the network."""

import contextlib
import os
import re

import odoorpc
from urllib3.filepost import encode_multipart_formdata

from toolchain import database, odoo_source, postgres, server


@contextlib.contextmanager
def database_copy(label, template=None):
    """Copy a database for the block, by default the template with the addon.

    :param str label: tells this copy from others of the same test run
    :returns: the name of the copy
    """
    with database.scratch_copy(template or os.environ["FUNNEL_TEST_TEMPLATE"], label) as name:
        yield name


def query(name, statement):
    """Return the rows that a statement finds in the database ``name``."""
    with contextlib.closing(postgres.connect(name)) as connection, connection.cursor() as cursor:
        cursor.execute(statement)
        return cursor.fetchall()


@contextlib.contextmanager
def running_server(name, log_folder, *options, source=None):
    """Run Odoo on the database ``name`` during the block.

    :param odoo_source.OdooSource source: which Odoo with which addons, by default those of the checkout
    :param str options: what else to tell Odoo, such as how many workers of the scheduler there are: otherwise none
    :param pathlib.Path log_folder: where the log of the server goes
    :rtype: LiveServer
    """
    log_name = str(log_folder / "server")
    port = server.free_port()
    process = server.start(source or odoo_source.ensure_odoo(), name, port, *options, log_name=log_name)
    try:
        yield LiveServer(name, port, log_folder / "server.log")
    finally:
        server.stop(process)


class LiveServer:
    """Where a running server is, and what it has logged."""

    def __init__(self, name, port, log):
        self.name, self.port, self.log = name, port, log

    def log_in(self, login, password, **context):
        """Return the :class:`Desk` of a user; ``context`` goes with every call, as the web client sends it."""
        return Desk(self, login, password, context)

    def complaints(self):
        """Return the lines of the log that warn, but for Odoo's advice to clients such as this one."""
        lines = server.warnings_in(self.log.read_text().splitlines())
        return [line for line in lines if "odoo.addons.rpc.controllers.jsonrpc" not in line]

    def errors(self):
        """Return the lines of the log that report an error of the program; a refusal is only a warning there."""
        return [line for line in self.complaints() if " WARNING " not in line]


class Desk:
    """What one user does in Odoo, by remote procedure calls alone."""

    def __init__(self, live, login, password, context):
        self._odoo = odoorpc.ODOO("127.0.0.1", port=live.port, timeout=300)
        self._odoo.login(live.name, login, password)
        self._credentials = {"db": live.name, "login": login, "password": password}
        self._context = {**self._odoo.env.context, **context}
        self.user_id = self._odoo.env.uid

    def call(self, model, method, *args, context=None, **kwargs):
        """Call a method of a model, as the web client does.

        :param dict context: what this call has in its context beside the user's own
        :raises odoorpc.error.RPCError: with the message that the web client would show
        """
        kwargs["context"] = {**self._context, **(context or {})}
        return self._odoo.execute_kw(model, method, list(args), kwargs)

    def ref(self, xml_id):
        """Return the id of a record of the addon, or of another module if ``xml_id`` names one."""
        module, _dot, name = xml_id.rpartition(".")
        return self.call("ir.model.data", "check_object_reference", module or "sales_funnel_addon", name)[1]

    def create(self, model, **values):
        return self.call(model, "create", values)

    def write(self, model, ids, **values):
        return self.call(model, "write", ids if isinstance(ids, list) else [ids], values)

    def read(self, model, record_id, *names):
        """Return the values of one record by field name; a reference to another record is its id alone."""
        [values] = self.rows(model, [("id", "=", record_id)], *names)
        return values

    def rows(self, model, domain, *names, order="id", **context):
        """Return the values of all records that match, archived ones too; a reference is the id alone."""
        rows = self.call(
            model, "search_read", domain, list(names), order=order, load=None, context={"active_test": False, **context}
        )
        return [{name: row[name] for name in names} for row in rows]

    def count(self, model, *domain):
        return self.call(model, "search_count", list(domain), context={"active_test": False})

    def upload(self, path, file_name, content, **fields):
        """Post a file to a controller, as a browser does: bytes do not fit into a remote procedure call."""
        self._odoo.json("/web/session/authenticate", self._credentials)
        page = self._odoo.http("odoo").read().decode()
        token = re.search(r'csrf_token: "(\w+)"', page).group(1)
        form = {**fields, "csrf_token": token, "ufile": (file_name, content)}
        body, content_type = encode_multipart_formdata(form)
        return self._odoo.http(path, body, {"Content-Type": content_type}).read()
