"""Figures about sensitive services: counted once for a closed period, with small numbers hidden, and never changed afterwards."""
