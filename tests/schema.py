"""What a database is made of."""

from .live_server import query

SCHEMA = """
    SELECT table_name || '.' || column_name || ' ' || data_type || ' ' || is_nullable
      FROM information_schema.columns WHERE table_schema = 'public'
     UNION SELECT 'index ' || indexdef FROM pg_indexes WHERE schemaname = 'public'
     UNION SELECT 'constraint ' || conrelid::regclass || ' ' || conname || ' ' || pg_get_constraintdef(oid)
             FROM pg_constraint WHERE connamespace = 'public'::regnamespace
"""


def read_schema(name):
    """Return the columns, indexes and constraints of the database ``name``, each as a line of text."""
    return {line for (line,) in query(name, SCHEMA)}
