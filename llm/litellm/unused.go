package litellm

// unusedLitellm are keys of litellm_settings that have no meaning here.
func unusedLitellm() []key {
	const other = "LiteLLM's feature of that name is not part of this program; remove it"
	const uncached = "answers are not cached; remove it"
	keys := []key{
		{name: "cache_params", note: uncached},
		{name: "langfuse_default_tags", note: "traces always carry the key's alias, the deployment and the request's own tags; remove it"},
		{name: "service_callbacks", note: "the queue and the database are in /metrics; remove it"},
		{name: "force_ipv4", note: "both are tried at once and the first answer counts; remove it"},
		{name: "num_workers", note: "one process uses all processors; remove it"},
		{name: "api_key", note: "write it into the entries of model_list"},
		{name: "api_base", note: "write it into the entries of model_list"},
		{name: "telemetry", note: "nothing is sent to anybody; remove it"},
		{name: "disable_end_user_cost_tracking", note: "the ledger counts cost by user; remove it"},
		{name: "disable_end_user_cost_tracking_prometheus_only", note: "users are no label of /metrics; remove it"},
		{name: "max_user_budget", note: "write it into router_settings.budgets"},
		{name: "max_internal_user_budget", note: "write it into router_settings.budgets"},
		{name: "internal_user_budget_duration", note: "write it into router_settings.budgets"},
		{name: "default_internal_user_params", note: "write budgets into router_settings.budgets"},
		{name: "default_key_generate_params", note: "a key's limits are given when it is made (/key/generate)"},
		{name: "upperbound_key_generate_params", note: "a key's limits are given when it is made (/key/generate)"},
		{name: "key_generation_settings", note: "keys are made with the master key; remove it"},
		{name: "default_team_params", note: other},
		{name: "default_team_settings", note: other},
		{name: "tag_budget_config", note: "write budgets into router_settings.budgets"},
		{name: "custom_provider_map", note: "any provider in OpenAI's shape is reached by api_base; remove it"},
		{name: "disable_hf_tokenizer_download", note: "nothing is downloaded; remove it"},
		{name: "ssl_verify", note: "certificates are always checked; SSL_CERT_FILE adds authorities of your own"},
		{name: "ssl_certificate", note: "certificates are always checked; SSL_CERT_FILE adds authorities of your own"},
		{name: "forward_traceparent_to_llm_provider", note: "providers get no trace ids; remove it"},
		{name: "add_function_to_prompt", note: "tools are passed on as they are; remove it"},
		{name: "cost_discount_config", note: "write the prices into the entries: input_cost_per_token"},
	}
	for _, name := range []string{
		"guardrails", "mcp_aliases", "public_model_groups", "public_model_groups_links", "enable_preview_features", "s3_callback_params", "datadog_params",
		"default_redis_ttl", "enable_json_schema_validation", "enable_key_alias_format_validation", "disable_add_transform_inline_image_block",
		"use_chat_completions_url_for_anthropic_messages", "disable_copilot_system_to_assistant", "post_call_rules", "pre_call_rules",
		"responses_api_deployment_check", "custom_prometheus_metadata_labels", "custom_prometheus_tags", "prometheus_metrics_config",
		"prometheus_initialize_budget_metrics", "require_auth_for_metrics_endpoint", "image_generation_model", "google_moderation_confidence_threshold",
		"presidio_ad_hoc_recognizers", "output_parse_pii", "blocked_user_list", "banned_keywords_list", "llm_guard_mode", "store_audit_logs",
		"aim_guardrail", "priority_reservation", "priority_reservation_settings", "LITELLM_DISABLE_STOP_SEQUENCE_LIMIT", "anthropic_beta_headers",
	} {
		keys = append(keys, key{name: name, note: other})
	}
	return keys
}

// unusedGeneral are keys of general_settings that have no meaning here.
func unusedGeneral() []key {
	const (
		other  = "LiteLLM's feature of that name is not part of this program; remove it"
		alerts = "set alerts on /metrics instead"
		inFile = "this file is the only place for models; a change to it is read at once"
		ledger = "the ledger writes in batches and cleans up by itself: TRIBUNE_RETENTION"
		auth   = "clients sign in with the master key or a virtual key; remove it"
		keys   = "keys come from the environment; remove it"
	)
	groups := map[string][]string{
		alerts: {"alerting", "alerting_threshold", "alerting_args", "alert_types", "alert_to_webhook_url", "spend_report_frequency"},
		inFile: {"store_model_in_db", "supported_db_objects", "infer_model_from_keys", "allow_client_side_credentials"},
		ledger: {
			"store_prompts_in_spend_logs", "disable_spend_updates", "disable_reset_budget", "maximum_spend_logs_retention_period",
			"maximum_spend_logs_retention_interval", "maximum_spend_logs_cleanup_cron", "proxy_budget_rescheduler_min_time",
			"proxy_budget_rescheduler_max_time", "proxy_batch_write_at", "proxy_batch_polling_interval", "database_connection_pool_limit",
			"database_connection_timeout", "database_type", "database_args", "disable_prisma_schema_update", "disable_error_logs",
			"use_redis_transaction_buffer", "disable_adding_master_key_hash_to_db",
		},
		"calls go on while the database is away, and are counted later; remove it": {"allow_requests_on_db_unavailable"},
		"callers wait within their deadline; remove it":                            {"disable_retry_on_max_parallel_request_limit_error"},
		auth: {
			"custom_auth", "custom_sso", "custom_key_generate", "enable_jwt_auth", "litellm_jwtauth", "enable_oauth2_auth", "enable_oauth2_proxy_auth",
			"oauth2_config_mappings", "allow_user_auth", "allowed_routes", "public_routes", "admin_only_routes", "ui_access_mode", "allowed_ips",
			"use_x_forwarded_for", "service_account_settings", "default_team_disabled", "disable_master_key_return", "user_api_key_cache_ttl",
			"role_permissions", "user_header_name", "user_header_mappings", "reject_clientside_metadata_tags", "enforced_params",
		},
		keys: {"key_management_system", "key_management_settings", "use_azure_key_vault", "use_google_kms", "use_aws_secret_manager"},
		other: {
			"embedding_model", "image_generation_model", "moderation_model", "pass_through_endpoints", "litellm_license", "user_mcp_management_mode",
			"use_client_credentials_pass_through_routes", "disable_responses_id_security", "forward_openai_org_id", "health_check_concurrency",
			"control_plane_url", "enable_health_check_routing", "max_internal_user_budget", "coordination_redis_url",
		},
	}
	var list []key
	for note, names := range groups {
		for _, name := range names {
			list = append(list, key{name: name, note: note})
		}
	}
	return list
}
