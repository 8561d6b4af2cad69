"""What both WebSocket APIs stand on: books that are followed, topics, sockets that are bounded.

The replica's thread folds every block into levels, trades and reports (`levels`, `moments`); the
gateway's event loop makes messages of them, each written once for all who listen (`stream`).
"""
