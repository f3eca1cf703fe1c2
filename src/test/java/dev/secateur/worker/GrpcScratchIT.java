package dev.secateur.worker;

import dev.secateur.demo.WorkerProcess;
import io.grpc.Server;
import io.grpc.netty.NettyServerBuilder;
import io.grpc.stub.StreamObserver;
import io.opentelemetry.proto.collector.trace.v1.*;
import java.util.*;
import java.util.concurrent.*;
import org.junit.jupiter.api.Test;

final class GrpcScratchIT {
  @Test
  void x() throws Exception {
    List<String> names = new CopyOnWriteArrayList<>();
    Server server =
        NettyServerBuilder.forPort(0)
            .addService(
                new TraceServiceGrpc.TraceServiceImplBase() {
                  @Override
                  public void export(
                      ExportTraceServiceRequest r, StreamObserver<ExportTraceServiceResponse> o) {
                    r.getResourceSpansList()
                        .forEach(
                            a ->
                                a.getScopeSpansList()
                                    .forEach(
                                        b ->
                                            b.getSpansList().forEach(c -> names.add(c.getName()))));
                    o.onNext(ExportTraceServiceResponse.getDefaultInstance());
                    o.onCompleted();
                  }
                })
            .build()
            .start();
    try (Platform platform = new Platform("grpc", 1)) {
      WorkerProcess w =
          platform
              .worker(
                  "grpc-1",
                  Map.of(
                      "quarkus.otel.sdk.disabled",
                      "false",
                      "quarkus.otel.exporter.otlp.endpoint",
                      "http://127.0.0.1:" + server.getPort()))
              .awaitReady();
      platform.publish(platform.job("shapes", "1", 1));
      platform.awaitResults(1);
      Thread.sleep(8000);
      System.out.println("GRPC " + names);
    }
  }
}
