"""Page one of the report: what it costs, whether it holds, why, and what to decide by when. One sheet of paper."""
