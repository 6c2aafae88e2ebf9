using OpenTelemetry.Logs;
using OpenTelemetry.Metrics;
using OpenTelemetry.Resources;
using OpenTelemetry.Trace;
using Passpack.Server.Hosting;

namespace Passpack.Server.Watching;

/// <summary>
/// Sends spans, numbers and the log to a collector by OTLP, if the standard environment variables name one. Of the framework's own instruments none
/// is listened to: their spans hold paths, with ids in them, and addresses.
/// </summary>
internal static class Telemetry
{
    private const string Service = "passpack-server";

    public static void AddTelemetry(this WebApplicationBuilder builder, ServerOptions options)
    {
        if (string.IsNullOrWhiteSpace(builder.Configuration["OTEL_EXPORTER_OTLP_ENDPOINT"]))
            return;
        OpenTelemetry.OpenTelemetryBuilder telemetry = builder.Services.AddOpenTelemetry().ConfigureResource(Describe);
        if (IsWanted("TRACES"))
            telemetry.WithTracing(tracing => tracing.AddSource(ServerMetrics.Name).AddOtlpExporter());
        if (IsWanted("METRICS"))
            telemetry.WithMetrics(metrics => metrics.AddMeter(ServerMetrics.Name).AddOtlpExporter());
        if (IsWanted("LOGS"))
            telemetry.WithLogging(logging => logging.AddOtlpExporter(), records => records.IncludeFormattedMessage = true);

        bool IsWanted(string signal) => builder.Configuration[$"OTEL_{signal}_EXPORTER"] != "none";

        void Describe(ResourceBuilder resource) => resource.AddService(
            string.IsNullOrEmpty(builder.Configuration["OTEL_SERVICE_NAME"]) ? Service : builder.Configuration["OTEL_SERVICE_NAME"]!, serviceInstanceId: options.Node);
    }
}
