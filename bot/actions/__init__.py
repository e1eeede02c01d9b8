"""The same dialogue as custom actions for a Rasa server. Only `sdk` and `server` need rasa-sdk."""
